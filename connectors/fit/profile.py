"""Names of numbers in FIT files: fitparse's profile of 2020, and what wrist devices have added since.

A device without a name keeps its number, and both are part of its device_id: a name added here changes that id.
Source: Garmin FIT SDK profile, types file, sport, sub_sport and garmin_product.
"""

from fitparse.profile import FIELD_TYPES

#: the zero of the FIT clock, 1989-12-31 00:00 UTC, in Unix seconds. Source: FIT profile, type date_time
FIT_EPOCH = 631_065_600
#: 2000-01-01 in Unix seconds: a device that was never synced counts from its start or from 1989
FIRST_SECOND = 946_684_800
#: message numbers. Source: FIT profile, type mesg_num
FILE_ID, SPORT, SESSION, RECORD, EVENT, DEVICE_INFO = 0, 12, 18, 20, 21, 23
MONITORING, MONITORING_INFO, FIELD_DESCRIPTION = 55, 103, 206

_SPORTS = """
    49=baseball 53=diving 62=hiit 64=racket 65=wheelchair_push_walk 66=wheelchair_push_run 67=meditation
    69=disc_golf 71=cricket 72=rugby 73=hockey 74=lacrosse 75=volleyball 76=water_tubing 77=wakesurfing
    80=mixed_martial_arts 82=snorkeling 83=dance 84=jump_rope
"""
_SUB_SPORTS = """
    62=breathing 65=sail_race 67=ultra 68=indoor_climbing 69=bouldering 70=hiit 73=amrap 74=emom 75=tabata
    84=pickleball 85=padel 86=indoor_wheelchair_walk 87=indoor_wheelchair_run 88=indoor_hand_cycling 94=squash
    95=badminton 96=racquetball 97=table_tennis
"""
_PRODUCTS = """
    1405=approach_g10 2158=fr735xt 2187=d2airvenu 2271=vivo_smart2 2292=approach_x40 2293=fenix3_japan
    2294=vivo_smart_emea 2310=fr630_asia 2311=fr630_jpn 2313=fr230_jpn 2332=epix_japan 2361=vivo_smart_hr_asia
    2362=vivo_smart_gps_hr_asia 2396=fr235_asia 2397=fr235_japan 2407=fenix3_korea 2408=fenix3_sea
    2457=epix_korea 2473=fenix3_hr_chn 2474=fenix3_hr_twn 2475=fenix3_hr_jpn 2476=fenix3_hr_sea
    2477=fenix3_hr_kor 2497=vivo_active_hr_apac 2503=fr35 2533=fr735xt_apac 2534=fr735xt_japan 2622=vivo_smart3
    2623=vivo_sport 2650=fr35_hebrew 2656=approach_s60 2667=fr35_apac 2668=fr35_japan 2675=fenix3_chronos_asia
    2700=vivoactive3 2727=fr35_sea 2733=fr235_china_nfc 2772=vivo_move_hr 2796=fenix5_asia 2797=fenix5s_asia
    2798=fenix5x_asia 2806=approach_z80 2814=fr35_korea 2819=d2charlie 2831=vivo_smart3_apac
    2832=vivo_sport_apac 2833=fr935_asia 2859=descent 2878=vivo_fit4 2886=fr645 2888=fr645m 2891=fr30
    2900=fenix5s_plus 2927=vivosmart_4 2945=vivo_move_hr_asia 2962=approach_x10 2977=fr30_asia
    2988=vivoactive3m_w 3003=fr645_asia 3004=fr645m_asia 3049=approach_s10 3066=vivoactive3m_l 3076=fr245
    3077=fr245_music 3085=approach_g80 3110=fenix5_plus 3111=fenix5x_plus 3113=fr945 3126=instinct_esports
    3134=fenix5s_plus_apac 3135=fenix5x_plus_apac 3144=fr235l_asia 3145=fr245_asia 3163=vivo_active3m_apac
    3218=vivo_smart4_asia 3224=vivoactive4_small 3225=vivoactive4_large 3226=venu 3246=marq_driver
    3247=marq_aviator 3248=marq_captain 3249=marq_commander 3250=marq_expedition 3251=marq_athlete
    3258=descent_mk2 3282=fr45 3287=fenix6s_sport 3288=fenix6s 3289=fenix6_sport 3290=fenix6 3291=fenix6x
    3308=vivo_move3_premium 3314=approach_s40 3321=fr245m_asia 3378=vivo_move3 3387=vivo_active4_small_asia
    3388=vivo_active4_large_asia 3389=vivo_active4_oled_asia 3405=swim2 3420=marq_driver_asia
    3421=marq_aviator_asia 3422=vivo_move3_asia 3441=fr945_asia 3446=vivo_active3t_chn 3448=marq_captain_asia
    3449=marq_commander_asia 3450=marq_expedition_asia 3451=marq_athlete_asia 3466=instinct_solar 3469=fr45_asia
    3473=vivoactive3_daimler 3498=legacy_rey 3499=legacy_darth_vader 3500=legacy_captain_marvel
    3501=legacy_first_avenger 3512=fenix6s_sport_asia 3513=fenix6s_asia 3514=fenix6_sport_asia 3515=fenix6_asia
    3516=fenix6x_asia 3535=legacy_captain_marvel_asia 3536=legacy_first_avenger_asia 3537=legacy_rey_asia
    3538=legacy_darth_vader_asia 3542=descent_mk2s 3589=fr745 3596=venusq_music 3599=venusq_music_v2 3600=venusq
    3615=lily 3624=marq_adventurer 3638=enduro 3639=swim2_apac 3648=marq_adventurer_asia 3652=fr945_lte
    3702=descent_mk2_asia 3703=venu2 3704=venu2s 3737=venu_daimler_asia 3739=marq_golfer 3740=venu_daimler
    3794=fr745_asia 3809=lily_asia 3823=approach_s12 3837=venusq_asia 3850=marq_golfer_asia 3851=venu2_plus
    3869=fr55 3872=enduro_asia 3888=instinct_2 3889=instinct_2s 3905=fenix7s 3906=fenix7 3907=fenix7x
    3908=fenix7s_apac 3909=fenix7_apac 3910=fenix7x_apac 3927=approach_g12 3930=descent_mk2s_asia
    3934=approach_s42 3943=epix_gen2 3944=epix_gen2_apac 3949=venu2s_asia 3950=venu2_asia 3978=fr945_lte_asia
    3982=vivo_move_sport 3983=vivomove_trend 3986=approach_s12_asia 3990=fr255_music 3991=fr255_small_music
    3992=fr255 3993=fr255_small 4001=approach_g12_asia 4002=approach_s42_asia 4005=descent_g1
    4017=venu2_plus_asia 4024=fr955 4033=fr55_asia 4063=vivosmart_5 4071=instinct_2_asia 4105=marq_gen2
    4115=venusq2 4116=venusq2music 4124=marq_gen2_aviator 4125=d2_air_x10 4132=descent_g1_asia 4135=tactix7
    4155=instinct_crossover 4222=descent_mk3 4223=descent_mk3i 4233=approach_s70 4257=fr265_large
    4258=fr265_small 4260=venu3 4261=venu3s 4312=epix_gen2_pro_42 4313=epix_gen2_pro_47 4314=epix_gen2_pro_51
    4315=fr965 4341=enduro2 4374=fenix7s_pro_solar 4375=fenix7_pro_solar 4376=fenix7x_pro_solar 4380=lily2
    4394=instinct_2x 4426=vivoactive5 4432=fr165 4433=fr165_music 4472=marq_gen2_commander 4477=lily_athlete
    4532=fenix8_solar 4533=fenix8_solar_large 4534=fenix8_small 4536=fenix8 4556=d2_mach1_pro 4575=enduro3
    4583=instincte_40mm 4584=instincte_45mm 4585=instinct3_solar_45mm 4586=instinct3_amoled_45mm
    4587=instinct3_amoled_50mm 4588=descent_g2 4625=vivoactive6 4647=approachs44 4656=approachs50 4666=fenix_e
    4759=instinct3_solar_50mm 4775=tactix8_amoled 4776=tactix8_solar
"""
#: file types that no public profile names but whose messages say what they are
_FILES = "49=sleep"


def _pairs(text: str) -> dict[int, str]:
    return {int(number): name for number, name in (pair.split("=") for pair in text.split())}


_ADDED = {
    "file": _pairs(_FILES),
    "sport": _pairs(_SPORTS),
    "sub_sport": _pairs(_SUB_SPORTS),
    "garmin_product": _pairs(_PRODUCTS),
}


def name_of(kind: str, number: int | None) -> str | None:
    """The profile's name for a number of a FIT type, the number as text if it has none, None for None."""
    if number is None:
        return None
    known: dict[int, str] = FIELD_TYPES[kind].values
    return known.get(number) or _ADDED.get(kind, {}).get(number) or str(number)


def added_names(kind: str) -> dict[int, str]:
    """The names of a FIT type that were added here to fitparse's."""
    return _ADDED.get(kind, {})
